//! The vocabulary of explanations and every method
