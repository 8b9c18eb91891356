"""The paper's web interface: a page over the `studio`'s job engine (paper: §8, appendix D).

`serve.serve(settings)` runs it. From below: `settings` · `errors` (one
shape for whatever goes wrong) · `middleware` (who may come in) · `orders` (form → job) · `views`
(what the API answers) · `routes`.

The server makes no pictures itself: jobs are made by a process of their own on each device. So the
server stays small, and a file that breaks a decoder breaks a worker, not the server.
"""
