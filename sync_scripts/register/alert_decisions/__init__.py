"""What people decide about alerts: triage, dismissal, referral, one event or several."""
