"""An OpenRosa server for a workshop laptop, and a simulated phone. Writes inboxes, never a register.

What arrives here is clear text over plain HTTP: it is for invented data. The pieces, in the order a submission
meets them::

    forms     what is served: workbook -> form for the phone, and the files beside it
    server    the addresses that ODK Collect asks for, and the start page
    multipart bytes of a post -> files in the inbox's waiting room, never in the system's temporary folder
    envelope  which form and which submission an XML is; refuses what no pull could read
    inbox     the folder: whole submissions appear by one rename, nothing received is ever overwritten
    desk      what the addresses share: how many came in, and when
    page      the start page for people, and the code to scan (collect)
    running   all of it together, in a background thread
    phone     the other end: does Collect's steps (phone_wire); shares no code with the server
    rehearsal the simulated phone against a running classroom
"""
