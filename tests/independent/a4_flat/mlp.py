# One vector holds every parameter; layers are views of it. Leaky ReLU; gradients come as a dict of names.
import numpy as np


class Net:
    shapes = {"w1": (784, 700), "b1": (700,), "w2": (700, 300), "b2": (300,), "w3": (300, 10), "b3": (10,)}

    def __init__(self, kind, seed):
        generator = np.random.Generator(np.random.PCG64(seed))
        self.theta = np.zeros(sum(int(np.prod(shape)) for shape in self.shapes.values()))
        for name, part in self.parts(self.theta).items():
            if name[0] == "w" and kind == "normal":
                part[...] = generator.normal(size=part.shape)
            elif name[0] == "w" and kind == "glorot":
                part[...] = generator.uniform(-1, 1, part.shape) * np.sqrt(6 / np.sum(part.shape))

    def parts(self, vector):
        found, at = {}, 0
        for name, shape in self.shapes.items():
            size = int(np.prod(shape))
            found[name] = vector[at : at + size].reshape(shape)
            at += size
        return found

    def __call__(self, images, theta=None):
        p = self.parts(self.theta if theta is None else theta)
        z1 = np.einsum("ni,ij->nj", images, p["w1"], optimize=True) + p["b1"]
        h1 = np.where(z1 > 0, z1, 0.01 * z1)
        z2 = np.einsum("ni,ij->nj", h1, p["w2"], optimize=True) + p["b2"]
        h2 = np.where(z2 > 0, z2, 0.01 * z2)
        s = h2 @ p["w3"] + p["b3"]
        return images, z1, h1, z2, h2, s - np.logaddexp.reduce(s, axis=1, keepdims=True)

    def loss(self, images, labels, theta=None):
        return -float(np.mean(np.take_along_axis(self(images, theta)[-1], labels[:, None], 1)))

    def grads(self, images, labels):
        p = self.parts(self.theta)
        x, z1, h1, z2, h2, log_p = self(images)
        g3 = (np.exp(log_p) - np.eye(10)[labels]) / labels.size
        g2 = g3.dot(p["w3"].T) * np.where(z2 > 0, 1, 0.01)
        g1 = g2.dot(p["w2"].T) * np.where(z1 > 0, 1, 0.01)
        pairs = {"1": (x, g1), "2": (h1, g2), "3": (h2, g3)}
        return {f"{kind}{i}": h.T @ g if kind == "w" else g.sum(0) for i, (h, g) in pairs.items() for kind in "wb"}
