"""A customer relationship system beside Ripeline: leads go there, and what changes there comes back."""
