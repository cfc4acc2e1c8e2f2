"""What encoders know: their heads, order in time, compression, changes made against them."""
