"""A binary classifier with the logistic loss: a linear model, or a network with one hidden layer."""

import layers
import numpy as np


class LogisticClassifier:
    """fc, or fc – relu – fc with a hidden layer; trained with logistic_loss and L2 regularisation.

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
        # TODO: the parameters of LogisticClassifier
        raise NotImplementedError("the parameters of LogisticClassifier")

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        Inputs:
        - X: (N, D)
        - y: (N,), labels 0 and 1, or None

        Returns without y:
        - scores: (N,); positive means class 1

        Returns with y:
        - loss: the mean logistic loss plus 0.5 * reg * (sum of all squared weights; biases are left out)
        - grads: the gradients of that loss, by the names in params
        """
        # TODO: the scores of LogisticClassifier
        raise NotImplementedError("the scores of LogisticClassifier")
        if y is None:
            return scores

        # TODO: the loss and the gradients of LogisticClassifier
        raise NotImplementedError("the loss and the gradients of LogisticClassifier")
        return loss, grads
