"""The operations port: traces, metrics and liveness for the people who run MetaExtract."""
