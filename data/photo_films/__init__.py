"""Short films made from photographs: narrated, with a written line, and with what finds them."""
