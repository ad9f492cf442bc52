"""The settings of your training runs, one function for each training question. Handing this file in is optional.

Every function returns {"model": settings of the classifier, "solver": settings of the Solver}. The question's check
makes the classifier with the first and trains it with the second. What it says itself: the data, the sizes of input and
output, and hidden_dim=None where the model is to be linear. What is yours: of a classifier hidden_dim, weight_scale and
reg, of a network with convolutions num_filters and filter_size besides, of cnn_regularized dropout besides; of the
Solver update_rule, optim_config, lr_decay, batch_size and num_epochs. The handout names the limits. Without this file,
and for a function that is not written, the check uses settings of its own.
"""


def logistic_linear():
    """Question 2.3: LogisticClassifier without a hidden layer."""
    # TODO: the experiment logistic_linear
    raise NotImplementedError("the experiment logistic_linear")


def logistic_hidden():
    """Question 2.4: LogisticClassifier with a hidden layer."""
    # TODO: the experiment logistic_hidden
    raise NotImplementedError("the experiment logistic_hidden")


def svm_linear():
    """Question 3.3: SVM without a hidden layer."""
    # TODO: the experiment svm_linear
    raise NotImplementedError("the experiment svm_linear")


def svm_hidden():
    """Question 3.4: SVM with a hidden layer."""
    # TODO: the experiment svm_hidden
    raise NotImplementedError("the experiment svm_hidden")


def softmax_linear():
    """Question 4.3: SoftmaxClassifier without a hidden layer."""
    # TODO: the experiment softmax_linear
    raise NotImplementedError("the experiment softmax_linear")


def softmax_hidden():
    """Question 4.4: SoftmaxClassifier with a hidden layer."""
    # TODO: the experiment softmax_hidden
    raise NotImplementedError("the experiment softmax_hidden")


def cnn():
    """Question 5.3: ConvNet."""
    # TODO: the experiment cnn
    raise NotImplementedError("the experiment cnn")


def cnn_regularized():
    """Question 5.4: RegularizedConvNet, or your own class with dropout and batch normalisation."""
    # TODO: the experiment cnn_regularized
    raise NotImplementedError("the experiment cnn_regularized")
