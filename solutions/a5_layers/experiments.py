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
    # BEGIN SOLUTION the experiment logistic_linear
    return {
        "model": {},
        "solver": {"optim_config": {"learning_rate": 5.0}, "lr_decay": 0.96, "batch_size": 50, "num_epochs": 100},
    }
    # END SOLUTION


def logistic_hidden():
    """Question 2.4: LogisticClassifier with a hidden layer."""
    # BEGIN SOLUTION the experiment logistic_hidden
    return {
        "model": {"hidden_dim": 16, "weight_scale": 0.3},
        "solver": {"optim_config": {"learning_rate": 0.5}, "lr_decay": 0.98, "batch_size": 50, "num_epochs": 120},
    }
    # END SOLUTION


def svm_linear():
    """Question 3.3: SVM without a hidden layer."""
    # BEGIN SOLUTION the experiment svm_linear
    return {
        "model": {},
        "solver": {"optim_config": {"learning_rate": 5.0}, "lr_decay": 0.96, "batch_size": 50, "num_epochs": 100},
    }
    # END SOLUTION


def svm_hidden():
    """Question 3.4: SVM with a hidden layer."""
    # BEGIN SOLUTION the experiment svm_hidden
    return {
        "model": {"hidden_dim": 16, "weight_scale": 0.3},
        "solver": {"optim_config": {"learning_rate": 0.5}, "lr_decay": 0.98, "batch_size": 50, "num_epochs": 120},
    }
    # END SOLUTION


def softmax_linear():
    """Question 4.3: SoftmaxClassifier without a hidden layer."""
    # BEGIN SOLUTION the experiment softmax_linear
    return {
        "model": {},
        "solver": {"optim_config": {"learning_rate": 0.2}, "lr_decay": 0.9, "batch_size": 50, "num_epochs": 15},
    }
    # END SOLUTION


def softmax_hidden():
    """Question 4.4: SoftmaxClassifier with a hidden layer."""
    # BEGIN SOLUTION the experiment softmax_hidden
    return {
        "model": {"hidden_dim": 64, "weight_scale": 0.05},
        "solver": {"optim_config": {"learning_rate": 0.5}, "lr_decay": 0.85, "batch_size": 50, "num_epochs": 12},
    }
    # END SOLUTION


def cnn():
    """Question 5.3: ConvNet."""
    # BEGIN SOLUTION the experiment cnn
    return {
        "model": {"num_filters": 4, "filter_size": 5, "hidden_dim": 64, "weight_scale": 0.1},
        "solver": {"optim_config": {"learning_rate": 0.3}, "lr_decay": 0.8, "batch_size": 25, "num_epochs": 4},
    }
    # END SOLUTION


def cnn_regularized():
    """Question 5.4: RegularizedConvNet, or your own class with dropout and batch normalisation."""
    # BEGIN SOLUTION the experiment cnn_regularized
    return {
        "model": {"num_filters": 6, "filter_size": 5, "hidden_dim": 128, "weight_scale": 0.03, "dropout": 0.5},
        "solver": {"optim_config": {"learning_rate": 1.0}, "lr_decay": 0.6, "batch_size": 50, "num_epochs": 4},
    }
    # END SOLUTION
