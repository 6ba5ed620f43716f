"""Who we are, over HTTP: an ordered chain of fixed secrets, tokens and signatures (认证)."""
