"""The paper's web interface: a page, a queue, a worker (paper: §8, appendix D).

`serve.serve(settings)` runs it, `app.make_app(settings)` builds it. From below:

`settings` (limits) · `problems` and `refusal` (one shape for whatever goes wrong) · `catalogue`
(faces and voices to pick) · `probe` and `probe_child` (a look into a file, in a limited process) ·
`jobs` (what a job is) · `state` (jobs on disk) · `queue` (who is next, who has waited long enough)
· `worker` (a process of its own that holds the network) · `crew` (minds the workers) · `intake`
(form → job) · `house` (all these together) · `sse` (events) · `study` (the four questions) ·
`guard` (who may come in) · `views`, `routes`, `app`, `serve`.

The server makes no pictures itself: everything a job does is `TalkingFace`, in the worker. So the
server stays small, and a file that breaks a decoder breaks a worker, not the server.
"""
