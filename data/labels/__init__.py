"""Files of labels: what a person, a program or a sensor says of videos and stretches of them."""
