"""Times of the compiled kernels from commit to commit, for asv."""

import numpy as np

from skdistill._kernels import gamma, soft_ce, soft_ce_gradients


class SoftCrossEntropy:
    """Into outputs that exist, one thread."""

    params = ((2, 10, 100, 1000), ("float32", "float64"), ("C", "F"))
    param_names = ("classes", "dtype", "order")

    def setup(self, k, dtype, order):
        """Make a million entries."""
        rng = np.random.default_rng(0)
        shape = (10**6 // k, k)
        self.target = np.asarray(rng.dirichlet(np.ones(k), shape[0]), dtype, order)
        self.logit = np.asarray(rng.normal(size=shape), dtype, order)
        self.out = np.zeros_like(self.logit), np.zeros_like(self.logit)

    def time_gradients(self, k, dtype, order):
        """Gradient and Hessian diagonal, in either order."""
        soft_ce_gradients(self.target, self.logit, out=self.out)

    def time_loss_and_gradient(self, k, dtype, order):
        """Loss and gradient."""
        soft_ce(self.target, self.logit)


class Gamma:
    """Strength of the correction of 100,000 probabilities."""

    params = (("slow", "relative", "power"), ("prob", "log"))
    param_names = ("rule", "scale")

    def setup(self, rule, scale):
        """Draw them."""
        self.proba = np.random.default_rng(0).random((10**5, 1))

    def time_gamma(self, rule, scale):
        """Plug-in variance."""
        gamma(self.proba, None, rule, 1.0, scale=scale)
