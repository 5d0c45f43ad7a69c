"""Demo content: an invented district, its people and a question bank, as plain data.

Nothing here touches a database or a request; a loader elsewhere writes these values through the ordinary services.
Every place and every person is invented, and everything comes out the same at each call, so that two demo sites are
alike and a handbook can name what the reader will see.
"""
