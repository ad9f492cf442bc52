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
        # BEGIN SOLUTION the parameters of SoftmaxClassifier
        sizes = [input_dim, num_classes] if hidden_dim is None else [input_dim, hidden_dim, num_classes]
        for layer in range(1, len(sizes)):
            fan_in, fan_out = sizes[layer - 1 : layer + 1]
            self.params[f"W{layer}"] = weight_scale * np.random.standard_normal((fan_in, fan_out))
            self.params[f"b{layer}"] = np.zeros(fan_out)
        # END SOLUTION

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
        # BEGIN SOLUTION the scores of SoftmaxClassifier
        p = self.params
        scores, first = layers.fc_forward(X, p["W1"], p["b1"])
        if self.hidden_dim is not None:
            active, bent = layers.relu_forward(scores)
            scores, second = layers.fc_forward(active, p["W2"], p["b2"])
        # END SOLUTION
        if y is None:
            return scores

        # BEGIN SOLUTION the loss and the gradients of SoftmaxClassifier
        loss, dout = layers.softmax_loss(scores, y)
        grads = {}
        if self.hidden_dim is not None:
            dout, grads["W2"], grads["b2"] = layers.fc_backward(dout, second)
            dout = layers.relu_backward(dout, bent)
        _, grads["W1"], grads["b1"] = layers.fc_backward(dout, first)
        for name in [name for name in p if name.startswith("W")]:
            loss += 0.5 * self.reg * np.sum(p[name] ** 2)
            grads[name] = grads[name] + self.reg * p[name]
        # END SOLUTION
        return loss, grads
