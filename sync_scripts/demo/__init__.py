"""The whole product on invented data, in a workspace that can never become a real one."""
