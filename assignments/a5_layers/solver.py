"""The Solver: trains a model by mini-batches and keeps the parameters that did best on the validation set. Given."""

import numpy as np
import optim


class Solver:
    """Trains any model that has

    - `params`: a dict of arrays, by name;
    - `loss(X, y)`: returns the loss and a dict of gradients with the same names; without y it returns scores,
      (N,) for two classes (positive means class 1) or (N, C).

    A Solver is made with the model and the data, then `train()` is called. Afterwards `model.params` holds the best
    parameters, and `loss_history`, `train_acc_history` and `val_acc_history` hold what happened on the way.

        data = {"X_train": ..., "y_train": ..., "X_val": ..., "y_val": ...}
        solver = Solver(model, data, update_rule="sgd", optim_config={"learning_rate": 1e-2}, num_epochs=5)
        solver.train()
        solver.check_accuracy(X_test, y_test)

    Labels are class numbers; of two classes 0 and 1, not -1 and 1.
    """

    def __init__(self, model, data, **kwargs):
        """
        - update_rule: the name of a function in optim.py; "sgd" if absent
        - optim_config: settings for that rule, such as learning_rate
        - lr_decay: factor on the learning rate after each epoch; 1.0 if absent
        - batch_size: 100 if absent
        - num_epochs: 10 if absent
        - print_every: a line of output every so many steps; 10 if absent
        - verbose: whether to print at all; True if absent
        """
        self.model = model
        self.X_train, self.y_train = data["X_train"], data["y_train"]
        self.X_val, self.y_val = data["X_val"], data["y_val"]

        self.update_rule = kwargs.pop("update_rule", "sgd")
        self.optim_config = kwargs.pop("optim_config", {})
        self.lr_decay = kwargs.pop("lr_decay", 1.0)
        self.batch_size = kwargs.pop("batch_size", 100)
        self.num_epochs = kwargs.pop("num_epochs", 10)
        self.print_every = kwargs.pop("print_every", 10)
        self.verbose = kwargs.pop("verbose", True)
        if kwargs:
            raise ValueError(f"Solver: unknown arguments {', '.join(sorted(kwargs))}")
        if not hasattr(optim, self.update_rule):
            raise ValueError(f"Solver: optim.py has no update rule {self.update_rule!r}")
        self.update_rule = getattr(optim, self.update_rule)

        self.epoch = 0
        # Below every accuracy, so that even a model that gets nothing right has best parameters.
        self.best_val_acc = -1.0
        self.best_params = {}
        self.loss_history = []
        self.train_acc_history = []
        self.val_acc_history = []
        # Every parameter has its own settings, since rules keep averages of its shape in them.
        self.optim_configs = {name: dict(self.optim_config) for name in model.params}

    def train(self):
        """Train for num_epochs epochs, then put the best parameters into the model."""
        steps_per_epoch = max(len(self.X_train) // self.batch_size, 1)
        steps = self.num_epochs * steps_per_epoch
        for step in range(steps):
            self._step()
            if self.verbose and step % self.print_every == 0:
                print(f"step {step + 1} / {steps}: loss {self.loss_history[-1]:.6f}")

            epoch_ends = (step + 1) % steps_per_epoch == 0
            if epoch_ends:
                self.epoch += 1
                for config in self.optim_configs.values():
                    if "learning_rate" in config:
                        config["learning_rate"] *= self.lr_decay
            if step == 0 or epoch_ends:
                self._look()
        if self.best_params:
            self.model.params = self.best_params

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        """Share of X (N, ...) that the model classifies as y (N,) says, between 0 and 1.

        - num_samples: judge by this many samples drawn at random, if there are more
        - batch_size: how many samples go through the model at once
        """
        if num_samples is not None and num_samples < len(X):
            drawn = np.random.choice(len(X), num_samples, replace=False)
            X, y = X[drawn], y[drawn]
        predicted = []
        for start in range(0, len(X), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            predicted.append((scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1))
        return float(np.mean(np.concatenate(predicted) == y))

    def _step(self):
        """One update of every parameter on a batch drawn with replacement."""
        drawn = np.random.choice(len(self.X_train), self.batch_size)
        loss, grads = self.model.loss(self.X_train[drawn], self.y_train[drawn])
        self.loss_history.append(loss)
        for name, w in self.model.params.items():
            next_w, next_config = self.update_rule(w, grads[name], self.optim_configs[name])
            self.model.params[name] = next_w
            self.optim_configs[name] = next_config

    def _look(self):
        """Measure the accuracies, and remember the parameters if they are the best so far."""
        train_acc = self.check_accuracy(self.X_train, self.y_train, num_samples=1000)
        val_acc = self.check_accuracy(self.X_val, self.y_val)
        self.train_acc_history.append(train_acc)
        self.val_acc_history.append(val_acc)
        if self.verbose:
            print(f"epoch {self.epoch} / {self.num_epochs}: train {train_acc:.3f}, val {val_acc:.3f}")
        if val_acc > self.best_val_acc:
            self.best_val_acc = val_acc
            self.best_params = {name: w.copy() for name, w in self.model.params.items()}
