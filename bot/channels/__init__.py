"""Where conversations happen and reviewers sit. Each channel is one folder or file behind the protocols of `base`."""
