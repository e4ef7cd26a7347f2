print("replaying-upstream")
