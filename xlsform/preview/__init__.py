"""A form as it is seen before it is sent: filled in a browser, drawn as a picture of its flow. Knows no server and keeps no answer."""
