"""Knowledge distillation for scikit-learn: train the big model, ship the small one."""
