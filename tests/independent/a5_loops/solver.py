"""The same promises kept another way: a generator of batches, accuracies counted one sample at a time."""

import copy

import numpy as np
import optim

KNOWN = {
    "update_rule": "sgd",
    "optim_config": {},
    "lr_decay": 1.0,
    "batch_size": 100,
    "num_epochs": 10,
    "print_every": 10,
    "verbose": True,
}


class Solver:
    def __init__(self, model, data, **kwargs):
        for key in kwargs:
            if key not in KNOWN:
                raise ValueError("no such option: " + key)
        for key, default in KNOWN.items():
            setattr(self, key, kwargs.get(key, default))
        self.model, self.data = model, data
        self.rule = getattr(optim, self.update_rule)
        self.configs = {key: copy.deepcopy(self.optim_config) for key in model.params}
        self.loss_history, self.train_acc_history, self.val_acc_history = [], [], []
        self.best_val_acc, self.best_params = None, None

    def check_accuracy(self, X, y, num_samples=None, batch_size=100):
        if num_samples is not None and num_samples < len(X):
            picked = np.random.permutation(len(X))[:num_samples]
            X, y = X[picked], y[picked]
        right = 0
        for start in range(0, len(X), batch_size):
            scores = self.model.loss(X[start : start + batch_size])
            for row, label in zip(scores, y[start : start + batch_size]):
                guess = int(np.argmax(row)) if np.ndim(row) else (1 if row > 0 else 0)
                right += guess == label
        return right / len(X)

    def batches(self):
        steps = max(1, len(self.data["X_train"]) // self.batch_size)
        for epoch in range(self.num_epochs):
            for step in range(steps):
                picked = np.random.randint(len(self.data["X_train"]), size=self.batch_size)
                ends = step == steps - 1
                yield (
                    self.data["X_train"][picked],
                    self.data["y_train"][picked],
                    ends or (epoch == 0 and step == 0),
                    ends,
                )

    def train(self):
        for X, y, look, ends in self.batches():
            loss, grads = self.model.loss(X, y)
            self.loss_history.append(loss)
            for key in list(self.model.params):
                moved, self.configs[key] = self.rule(self.model.params[key], grads[key], self.configs[key])
                self.model.params[key] = moved
            if ends:
                for config in self.configs.values():
                    if "learning_rate" in config:
                        config["learning_rate"] *= self.lr_decay
            if look:
                self.train_acc_history.append(self.check_accuracy(self.data["X_train"], self.data["y_train"], 200))
                found = self.check_accuracy(self.data["X_val"], self.data["y_val"])
                self.val_acc_history.append(found)
                if self.best_val_acc is None or found > self.best_val_acc:
                    self.best_val_acc, self.best_params = found, copy.deepcopy(self.model.params)
        self.model.params = self.best_params
