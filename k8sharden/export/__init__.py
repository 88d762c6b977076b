"""Turn changes into files: patches, manifests, artefacts."""
