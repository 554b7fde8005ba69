"""An OpenRosa server for a workshop laptop, and a simulated phone. Writes inboxes, never a register.

What arrives here is clear text over plain HTTP: it is for invented data. A submission meets `server`, `multipart` (never the
system's temporary folder), `protocol` and `inbox`; `phone` is the other end and shares no code with the server.
"""
