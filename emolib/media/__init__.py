"""Files to arrays and back: sound, mel, video, faces, paste-back, labels."""
