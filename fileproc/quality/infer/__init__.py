"""A contract drafted from good files: what they show is measured, what luck may have made is offered, not claimed."""
