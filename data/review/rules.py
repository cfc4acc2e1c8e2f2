"""A policy: rules that say what is looked for, from which score on, and what happens to it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as checked

from data.errors import ReelwiseError
from data.sealed import file_sum

RuleAction = Literal["flag", "blur", "hide"]
RuleKind = Literal["description", "examples", "head", "classifier"]
MAX_BYTES = 1_000_000
"""Largest policy file."""
MAX_RULES = 200
"""Most rules of a policy."""
LEAST_OF_HEAD = 0.05
"""Less likely labels of a head are not stored: no threshold can lie below."""
EXAMPLE = 'action = "flag", threshold = 0.8 and description = "a person falls"'
"""What a rule may look like."""

RuleName = Annotated[str, StringConstraints(pattern=r"^\w[\w .-]{0,59}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Three = tuple[Number, Number, Number]


class Part(BaseModel):
    """A part of a policy: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Classifier(Part):
    """A network in ONNX that looks at single frames."""

    file: Text
    """Its file: absolute, or beside the policy file."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """Checksum of the file, checked before it is loaded."""
    width_px: Annotated[int, Field(ge=8, le=2048)]
    """Width of its input."""
    height_px: Annotated[int, Field(ge=8, le=2048)]
    """Height of its input."""
    fit: Literal["squash", "crop", "pad"] = "squash"
    """How a frame becomes so large: each side by itself, cut to the centre, or with bars."""
    layout: Literal["nchw", "nhwc"] = "nchw"
    """Order of the axes of its input."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """Order of the colours."""
    scale: Number = 1 / 255
    """What each value, 0 to 255, is multiplied with; then `mean` is taken off."""
    mean: Three = (0.0, 0.0, 0.0)
    """Taken off each channel, in the order of the channels."""
    std: Three = (1.0, 1.0, 1.0)
    """What each channel is divided by at last."""
    output: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Place of the wanted number in the first output of one frame, flattened."""
    fps: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = 1.0
    """Frames a second that it looks at; of a clip the highest score counts."""

    @checked(mode="after")
    def _divides(self) -> Self:
        if 0.0 in self.std:
            raise ValueError("std: nothing can be divided by 0")
        return self


class Rule(Part):
    """One rule: a way of finding, a threshold, an action."""

    name: RuleName
    """What it is called."""
    about: Annotated[str, StringConstraints(max_length=2000)] = ""
    """What is allowed and what is not, for who decides."""
    owner: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """The role that answers for it."""
    action: RuleAction
    """What happens to what it finds until somebody has decided."""
    threshold: Number
    """Least score."""
    description: Text | None = None
    """Words for what is looked for; the score is the relevance."""
    examples: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    """Indexed videos or stretches, `VIDEO@START-END`; the score is the relevance of the nearest."""
    head: Text | None = None
    """A head of `reelwise train head`; the score is the probability of `label`."""
    label: Text | None = None
    """One of its labels; none for a number."""
    classifier: Classifier | None = None
    """A network that looks at frames."""

    @checked(mode="after")
    def _is_one(self) -> Self:
        given = [kind for kind in RuleKind.__args__ if getattr(self, kind)]  # type: ignore[attr-defined]
        if len(given) != 1:
            raise ValueError("give one of description, examples, head and classifier")
        if self.label is not None and self.head is None:
            raise ValueError("label: only a head has labels")
        low = LEAST_OF_HEAD if self.label is not None else 0.0
        is_share = self.head is None or self.label is not None
        if is_share and not (low <= self.threshold <= 1 and self.threshold > 0):
            raise ValueError(f"threshold: above {low:g} and up to 1")
        return self

    @property
    def kind(self) -> RuleKind:
        """How it finds."""
        if self.description:
            return "description"
        if self.examples:
            return "examples"
        return "head" if self.head else "classifier"

    @property
    def looks_for(self) -> str:
        """What it finds, in a line."""
        if self.head:
            return self.head if self.label is None else f"{self.head} = {self.label}"
        if self.classifier:
            return f"{Path(self.classifier.file).name}, output {self.classifier.output}"
        return self.description or ", ".join(self.examples)

    @property
    def revision(self) -> str:
        """Changes with whatever changes what it finds."""
        parts = self.model_dump(mode="json", exclude={"name", "about", "owner", "action"})
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


class Policy(Part):
    """The rules of a library."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    """What it is called."""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MAX_RULES)]
    """Its rules, in order."""

    @checked(mode="after")
    def _differ(self) -> Self:
        names = [rule.name.casefold() for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two rules are called {name!r}")
        return self

    def rule(self, name: str) -> Rule | None:
        """The rule of this name, however its case was typed; None where there is none."""
        same = [rule for rule in self.rules if rule.name.casefold() == name.strip().casefold()]
        return same[0] if same else None


def read_policy(path: Path) -> Policy:
    """Read a policy from a file of TOML or JSON; files of classifiers get their absolute path.

    Raises:
        ReelwiseError: It cannot be read, or is no policy; or the file of a classifier is another
            one than the policy says.
    """
    try:
        if not path.is_file():
            raise ReelwiseError(f"there is no policy file {path}", fix="give a TOML or JSON file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ReelwiseError(
                f"{path} has more than {MAX_BYTES:,} bytes: that is no policy",
                fix="give a TOML or JSON file of rules",
            )
        text = content.decode("utf-8-sig")
        values = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ReelwiseError(
            f"{path} cannot be read as a policy: {error}",
            fix="write TOML, or JSON in a file that ends with .json; docs/moderation.md shows one",
        ) from error
    return pinned(policy_of(values, str(path)), path.absolute().parent)


def policy_of(values: object, where: str) -> Policy:
    """Check the values of a policy.

    Raises:
        ReelwiseError: They are none.
    """
    try:
        return Policy.model_validate(values, strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the policy"
        told = str(first["msg"]).removeprefix("Value error, ")
        raise ReelwiseError(
            f"{where}: {place}: {told}", fix=f"correct it; a rule has name, owner, {EXAMPLE}"
        ) from error


def pinned(policy: Policy, folder: Path = Path("/")) -> Policy:
    """The policy with absolute paths of the files of its classifiers, which are as it says.

    Raises:
        ReelwiseError: One is not.
    """
    rules = []
    for rule in policy.rules:
        if rule.classifier is not None:
            file = folder / Path(rule.classifier.file).expanduser()
            require_pinned(file, rule.classifier.sha256)
            pinned = rule.classifier.model_copy(update={"file": str(file)})
            rule = rule.model_copy(update={"classifier": pinned})
        rules.append(rule)
    return policy.model_copy(update={"rules": tuple(rules)})


def require_pinned(file: Path, sha256: str) -> None:
    """Check the bytes of a classifier before anything reads them.

    Raises:
        ReelwiseError: The file is not there, or another one.
    """
    try:
        found = file_sum(file).sha256
    except OSError as error:
        raise ReelwiseError(
            f"the classifier {file} cannot be read: {error.strerror}",
            fix="put the file there, or name another in the policy",
        ) from error
    if found != sha256:
        raise ReelwiseError(
            f"the classifier {file} has the sha256 {found}; the policy names {sha256}",
            fix="bring the file back, or name its sha256 in the policy once you trust it",
        )
