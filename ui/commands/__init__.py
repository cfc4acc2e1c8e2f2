"""The commands of `reelwise`, one module each; importing them costs nothing heavy."""

from __future__ import annotations

import typer

from ui.commands.everyday import demo, index, search, serve, similar, status
from ui.commands.experts import compress, evaluate, train
from ui.commands.maintain import doctor, encoders, rebuild, verify
from ui.commands.recommend import history, recommend


def register(app: typer.Typer) -> None:
    """Put every command on the application, in the order in which a new user meets them."""
    app.command("demo")(demo.demo)
    app.command("index")(index.index)
    app.command("rebuild")(rebuild.rebuild)
    app.command("search")(search.search)
    app.command("similar")(similar.similar)
    app.command("recommend")(recommend.recommend)
    app.add_typer(history.group, name="history")
    app.command("status")(status.status)
    app.command("verify")(verify.verify)
    app.command("encoders")(encoders.encoders)
    app.add_typer(train.group, name="train")
    app.add_typer(evaluate.group, name="evaluate")
    app.command("compress")(compress.compress)
    app.command("serve")(serve.serve)
    app.command("doctor")(doctor.doctor)
