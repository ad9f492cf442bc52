"""A binary classifier with the hinge loss: a support vector machine, linear or with one hidden layer."""

import layers
import numpy as np


class SVM:
    """fc, or fc – relu – fc with a hidden layer; trained with svm_loss and L2 regularisation.

    `params` holds W1 (D, 1) and b1 (1,), with a hidden layer of H units W1 (D, H), b1 (H,), W2 (H, 1), b2 (1,).
    """

    def __init__(self, input_dim=100, hidden_dim=None, weight_scale=1e-3, reg=0.0):
        """
        - input_dim: D, the number of features
        - hidden_dim: H, or None for a linear model
        - weight_scale: standard deviation of the normal distribution that the weights start from; biases start at 0
        - reg: strength of the L2 regularisation
        """
        self.params = {}
        self.reg = reg
        self.hidden_dim = hidden_dim
        # TODO: the parameters of SVM
        raise NotImplementedError("the parameters of SVM")

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        Inputs:
        - X: (N, D)
        - y: (N,), labels 0 and 1, or None

        Returns without y:
        - scores: (N,); positive means class 1

        Returns with y:
        - loss: the mean hinge loss plus 0.5 * reg * (sum of all squared weights; biases are left out)
        - grads: the gradients of that loss, by the names in params
        """
        # TODO: the scores of SVM
        raise NotImplementedError("the scores of SVM")
        if y is None:
            return scores

        # TODO: the loss and the gradients of SVM
        raise NotImplementedError("the loss and the gradients of SVM")
        return loss, grads
