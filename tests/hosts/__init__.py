"""Host applications: ours beside the extensions that hosts use, in applications written as their authors would."""
