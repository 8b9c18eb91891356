"""What the notebook and the page share: it knows neither notebooks nor HTTP.

`catalogue` (faces and voices to pick) · `uploads` (a visitor's file, looked into by
`upload_probe` in a limited process) · `films` (an order made: preview, film, six side by side) ·
`jobs` (what a job is) · `engine` (jobs wait, are made one by one, watched, cancelled and forgotten)
· `workers` (who makes them: this process, or one of its own on each device) · `store` (jobs and
answers on disk) · `survey` (the study's four questions) · `problems` (what can go wrong).
"""
