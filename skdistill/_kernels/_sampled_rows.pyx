"""Stochastic steps of a linear model with very many labels, without any check.

Spec: _reference.sampled_support, _reference.sampled_gradient, _reference.sampled_step.

The caller vouches for shapes, for contiguity, for increasing lists of labels, and for a
support with room for the longest list and all that is drawn (or all labels).
"""
cdef extern from "c/sampled_rows.h":
    ctypedef signed long long int64_t
    ctypedef unsigned long long uint64_t
    ctypedef struct skd_sampled_data:
        Py_ssize_t n_features
        const int64_t* row_start
        const int* feature
        const float* value
        const int64_t* list_start
        const int* label
        const float* positive
        const float* negative
        const float* rest
        const float* weight
    ctypedef struct skd_sampled_model:
        Py_ssize_t n_labels, width, stride
        float* coef
        float* embedding
        float* bias
        float* coef_sum
        float* embedding_sum
        float* bias_sum
        float scale
    ctypedef struct skd_sampled_rule:
        int form, negatives
        Py_ssize_t n_sampled, n_candidates
        const float* keep
        const int* alias
        const float* chance
        uint64_t seed
    ctypedef struct skd_sampled_steps:
        Py_ssize_t n
        const int64_t* order
        float rate, rate_end, coef_rate
    ctypedef struct skd_support:
        Py_ssize_t capacity, size, listed
        int* label
        float* positive
        float* negative
        float* score
        float* gradient
        float* hidden
        float* back
    void skd_sampled_rows(
        int level, const skd_sampled_data* data, skd_sampled_model* model,
        const skd_sampled_rule* rule, const skd_sampled_steps* steps,
        skd_support* support, int only_look
    ) noexcept nogil

FORMS = {"decoupled": 0, "pairwise": 1, "softmax": 2}
NEGATIVES = {"uniform": 0, "frequency": 1, "student": 2, "teacher": 3}


cdef const int64_t* _wholes(const int64_t[::1] array) noexcept:
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef const int* _ints(const int[::1] array) noexcept:
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef const float* _reals(const float[::1] array) noexcept:
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef float* _written(float[::1] array) noexcept:
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef float* _column(float[:] array) noexcept:
    if array is None or not array.shape[0]:
        return NULL
    return &array[0]


cdef float* _matrix(float[:, ::1] array) noexcept:
    if array is None or not array.shape[0] or not array.shape[1]:
        return NULL
    return &array[0, 0]


def sampled_rows(
    rows,                        # SampledRows: IN
    model,                       # SampledModel: IN/OUT
    rule,                        # SamplingRule: IN
    support,                     # Support: SCRATCH, of this call alone, and OUT
    const int64_t[::1] order,    # (n,) IN, n >= 1
    float rate,
    float rate_end,
    float coef_rate,
    bint only_look,
    int level,
):
    """Visit rows in order; return the size of the last support; releases the GIL."""
    cdef skd_sampled_data data
    cdef skd_sampled_model linear
    cdef skd_sampled_rule sampling
    cdef skd_sampled_steps steps
    cdef skd_support seen
    data.n_features = rows.n_features
    data.row_start = _wholes(rows.row_start)
    data.feature = _ints(rows.feature)
    data.value = _reals(rows.value)
    data.list_start = _wholes(rows.list_start)
    data.label = _ints(rows.label)
    data.positive = _reals(rows.positive)
    data.negative = _reals(rows.negative)
    data.rest = _reals(rows.rest)
    data.weight = _reals(rows.weight)
    linear.n_labels = model.bias.shape[0]
    linear.width = model.coef.shape[1]
    linear.coef = _matrix(model.coef)
    linear.embedding = _matrix(model.embedding)
    linear.bias = _column(model.bias)
    linear.coef_sum = _written(model.coef_sum)
    linear.embedding_sum = _column(model.embedding_sum)
    linear.bias_sum = _column(model.bias_sum)
    linear.stride = model.bias.strides[0] // sizeof(float)
    linear.scale = model.scale
    sampling.form = FORMS[rule.form]
    sampling.negatives = NEGATIVES[rule.negatives]
    sampling.n_sampled = rule.n_sampled
    sampling.n_candidates = rule.n_candidates
    sampling.keep = _reals(rule.keep)
    sampling.alias = _ints(rule.alias)
    sampling.chance = _reals(rule.chance)
    sampling.seed = rule.seed
    steps.n = order.shape[0]
    steps.order = &order[0]
    steps.rate = rate
    steps.rate_end = rate_end
    steps.coef_rate = coef_rate
    seen.capacity = support.label.shape[0]
    seen.label = <int*> _ints(support.label)
    seen.positive = _written(support.positive)
    seen.negative = _written(support.negative)
    seen.score = _written(support.score)
    seen.gradient = _written(support.gradient)
    seen.hidden = _written(support.hidden)
    seen.back = _written(support.back)
    with nogil:
        skd_sampled_rows(level, &data, &linear, &sampling, &steps, &seen, only_look)
    return seen.size
