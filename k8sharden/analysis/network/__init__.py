"""Who may talk to whom by the policies, and who does by what shows it."""
