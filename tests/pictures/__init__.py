"""Pictures of what people see in Slack: stories played by the program itself, drawn the way Slack draws them."""
