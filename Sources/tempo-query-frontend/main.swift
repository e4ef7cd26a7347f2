print("tempo-query-frontend")
