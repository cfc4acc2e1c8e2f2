"""SASRec: a sequence model over watched videos."""
