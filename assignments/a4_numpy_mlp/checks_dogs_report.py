"""Problem 3, the report: curves, settings and pictures, compared with validation.csv."""

import numpy as np

from autograder.checks import points, require, seen
from autograder.checks.inside import table
from autograder.checks.pictures import Sheet

CURVES = ("train_loss", "valid_loss", "train_error", "valid_error")


def curves(report):
    """The four curves of report.toml, arrays of one length."""
    found = {name: np.array(report.numbers(f"dogs.curves.{name}", 5)) for name in CURVES}
    lengths = {name: len(curve) for name, curve in found.items()}
    require(len(set(lengths.values())) == 1, f"report.toml: the curves under dogs.curves have lengths {lengths}.")
    return found


def chances(student, data):
    """(the probability of a dog for each validation image, the labels), from validation.csv."""
    found = table(student, student.dogs, "validation.csv", ("id", "dog"))
    require(found["id"] == list(range(300)), "validation.csv needs a row for each id from 0 to 299, in this order.")
    dog = np.array(found["dog"])
    require(bool(((dog >= 0) & (dog <= 1)).all()), "validation.csv: dog is a probability, from 0 to 1.")
    return dog, data("cats_dogs").y_val


def shown(ids, dog, data, title):
    """A drawing of validation images, each with its class and its probability of a dog."""
    d = data("cats_dogs")
    sheet = Sheet(title)
    sheet.heading(f"{title}: class, and probability of a dog")
    captions = [f"{'dog' if d.y_val[i] else 'cat'} {dog[i]:.2f}" for i in ids[:24]]
    sheet.gallery(d.x_val[ids[:24]], captions, side=68)
    return seen("", sheet.svg())


def pictures(report, key, least):
    """The ids under `key`, each one different."""
    ids = [int(v) if v == int(v) else -1 for v in report.numbers(key, least)]
    good = len(set(ids)) == len(ids) and all(0 <= i < 300 for i in ids)
    require(good, f"report.toml: {key} should list different ids from 0 to 299, rows of x_val.")
    return ids


@points(2, "q3_2")
def check_curves_have_a_value_an_epoch(report):
    """report.toml has four curves of one length, five epochs or more: losses above 0, errors between 0 and 1."""
    found = curves(report)
    for name, curve in found.items():
        require(bool((curve >= 0).all()), f"report.toml: dogs.curves.{name} holds a negative number.")
        share = "error" not in name or bool((curve <= 1).all())
        require(share, f"report.toml: dogs.curves.{name} should hold shares from 0 to 1, not per cent.")
    sheet = Sheet("Training and validation losses and errors, epoch by epoch.")
    for what in ("loss", "error"):
        sheet.heading(f"{what} on training and validation images")
        sheet.curves({"training": found[f"train_{what}"], "validation": found[f"valid_{what}"]})
    return seen("", sheet.svg())


@points(1, "q3_2", after="check_curves_have_a_value_an_epoch")
def check_training_curves_fall(report):
    """Both training curves end lower than they began, and the training error below one in four."""
    found = curves(report)
    for name in ("train_loss", "train_error"):
        require(found[name][-1] < found[name][0], f"report.toml: dogs.curves.{name} does not fall.", "Did it learn?")
    require(found["train_error"][-1] < 0.25, "report.toml: dogs.curves.train_error ends above 25 %.", "Train longer.")


@points(4, "q3_2", after="check_curves_have_a_value_an_epoch")
def check_validation_curves_are_those_of_validation_csv(student, report, data):
    """Some epoch's validation error and loss are those that the probabilities in validation.csv have."""
    found = curves(report)
    dog, y = chances(student, data)
    error = float(((dog >= 0.5) != y).mean())
    loss = float(-np.log(np.clip(np.where(y == 1, dog, 1 - dog), 1e-7, 1)).mean())
    fits = (np.abs(found["valid_error"] - error) < 0.007) & (np.abs(found["valid_loss"] - loss) < 0.05 + 0.1 * loss)
    why = f"From validation.csv come an error of {error:.1%} and a loss of {loss:.3f}; no epoch of the curves has both."
    require(bool(fits.any()), why, "Write validation.csv with the network whose curves these are. Losses are means.")


@points(2, "q3_3")
def check_settings_are_compared(report):
    """report.toml lists three or more settings under [[dogs.tried]], with what was changed and its accuracy."""
    rows = report["dogs.tried"]
    enough = isinstance(rows, list) and len(rows) >= 3
    require(enough, "report.toml: dogs.tried needs three rows or more.", "Each setting is one [[dogs.tried]].")
    said = [report.text(f"dogs.tried.{i}.what") for i in range(len(rows))]
    require(len(set(said)) == len(said), "report.toml: two rows of dogs.tried say the same.", "What was changed?")
    for i in range(len(rows)):
        report.number(f"dogs.tried.{i}.valid_accuracy", 0, 1)


@points(1, "q3_3", after="check_settings_are_compared")
def check_best_setting_is_the_one_handed_in(student, report, data):
    """The best accuracy among the settings is the one that validation.csv has, to 3 points."""
    dog, y = chances(student, data)
    measured = float(((dog >= 0.5) == y).mean())
    best = max(report.number(f"dogs.tried.{i}.valid_accuracy", 0, 1) for i in range(len(report["dogs.tried"])))
    why = f"report.toml: the best setting has {best:.1%}; validation.csv has {measured:.1%}."
    require(abs(best - measured) <= 0.03, why, "Hand in the network that did best on the validation images.")


@points(1.5, "q3_3")
def check_misclassified_pictures_are_misclassified(student, report, data):
    """dogs.pictures.wrong lists three or more validation images that the network is sure of and gets wrong."""
    dog, y = chances(student, data)
    ids = pictures(report, "dogs.pictures.wrong", 3)
    for i in ids:
        right = dog[i] if y[i] == 1 else 1 - dog[i]
        why = f"Image {i} is no clear mistake: its right class has probability {right:.2f} in validation.csv."
        require(bool(right < 0.4), why, "Clearly wrong: below 0.4 for the right class. Count ids from 0.")
    return shown(ids, dog, data, "clearly wrong")


@points(1.5, "q3_3")
def check_unsure_pictures_are_near_one_half(student, report, data):
    """dogs.pictures.unsure lists two or more validation images to which the network gives 0.3 to 0.7."""
    dog, _ = chances(student, data)
    ids = pictures(report, "dogs.pictures.unsure", 2)
    for i in ids:
        why = f"Image {i} has probability {dog[i]:.2f} in validation.csv."
        require(bool(0.3 <= dog[i] <= 0.7), why, "Near one half: from 0.3 to 0.7. Sort by |p − 0.5|.")
    return shown(ids, dog, data, "near one half")
