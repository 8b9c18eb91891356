"""What every room stands on: errors, settings, emotions, files, results, the machine."""
