"""`starter`: an encoder of real videos whose weights come as packages, with nothing to download.

Pictures by an ImageNet network, words by a sentence encoder, joined over descriptions of what the
network's classes look like; see `docs/starter.md`.
"""
