"""A classifier for any number of classes with the softmax loss: a linear model, or a network with one hidden layer."""

import layers
import numpy as np


class SoftmaxClassifier:
    """fc, or fc – relu – fc with a hidden layer; trained with softmax_loss and L2 regularisation.

    `params` holds W1 (D, C) and b1 (C,), with a hidden layer of H units W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).
    Beware: unlike the binary classifiers this one has a hidden layer unless hidden_dim=None is said.
    """

    def __init__(self, input_dim=784, hidden_dim=100, num_classes=10, weight_scale=1e-3, reg=0.0):
        """
        - input_dim: D, the number of features
        - hidden_dim: H, or None for a linear model
        - num_classes: C
        - weight_scale: standard deviation of the normal distribution that the weights start from; biases start at 0
        - reg: strength of the L2 regularisation
        """
        self.params = {}
        self.reg = reg
        self.hidden_dim = hidden_dim
        # TODO: the parameters of SoftmaxClassifier
        raise NotImplementedError("the parameters of SoftmaxClassifier")

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        Inputs:
        - X: (N, D)
        - y: (N,), classes from 0 to C - 1, or None

        Returns without y:
        - scores: (N, C), before the softmax

        Returns with y:
        - loss: the mean softmax loss plus 0.5 * reg * (sum of all squared weights; biases are left out)
        - grads: the gradients of that loss, by the names in params
        """
        # TODO: the scores of SoftmaxClassifier
        raise NotImplementedError("the scores of SoftmaxClassifier")
        if y is None:
            return scores

        # TODO: the loss and the gradients of SoftmaxClassifier
        raise NotImplementedError("the loss and the gradients of SoftmaxClassifier")
        return loss, grads
