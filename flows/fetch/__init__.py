"""Publishers' servers: asked politely, answered by values. Nothing here decides what is history."""
