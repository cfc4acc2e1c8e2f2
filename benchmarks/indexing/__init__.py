"""From files to clips: decoding, the speed and memory of a run, ways of cutting."""
