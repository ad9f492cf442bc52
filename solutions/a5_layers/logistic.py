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
        # BEGIN SOLUTION the parameters of LogisticClassifier
        sizes = [input_dim, 1] if hidden_dim is None else [input_dim, hidden_dim, 1]
        for layer in range(1, len(sizes)):
            fan_in, fan_out = sizes[layer - 1 : layer + 1]
            self.params[f"W{layer}"] = weight_scale * np.random.standard_normal((fan_in, fan_out))
            self.params[f"b{layer}"] = np.zeros(fan_out)
        # END SOLUTION

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
        # BEGIN SOLUTION the scores of LogisticClassifier
        p = self.params
        hidden, first = layers.fc_forward(X, p["W1"], p["b1"])
        if self.hidden_dim is None:
            scores = hidden[:, 0]
        else:
            active, bent = layers.relu_forward(hidden)
            column, second = layers.fc_forward(active, p["W2"], p["b2"])
            scores = column[:, 0]
        # END SOLUTION
        if y is None:
            return scores

        # BEGIN SOLUTION the loss and the gradients of LogisticClassifier
        loss, dscores = layers.logistic_loss(scores, y)
        grads, dout = {}, dscores[:, None]
        if self.hidden_dim is not None:
            dout, grads["W2"], grads["b2"] = layers.fc_backward(dout, second)
            dout = layers.relu_backward(dout, bent)
        _, grads["W1"], grads["b1"] = layers.fc_backward(dout, first)
        for name in [name for name in p if name.startswith("W")]:
            loss += 0.5 * self.reg * np.sum(p[name] ** 2)
            grads[name] = grads[name] + self.reg * p[name]
        # END SOLUTION
        return loss, grads
