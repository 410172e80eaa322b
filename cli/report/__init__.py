"""`guard report`: who harms the account's reputation, and what the guard did about it, on one page of HTML."""
