"""Sends requests to endpoints and maps transport errors; knows no provider."""
