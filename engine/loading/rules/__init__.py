"""What a document can say in good form, and be wrong all the same: one file a family of rules."""
