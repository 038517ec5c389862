"""moto, and nothing of it outside this folder: its parsers and serializers, its dispatcher, its memory.

A request or a question about stored things comes in; an answer or plain values go out.
None of moto's classes leaves this room, and none of its authorisation is used.
"""
