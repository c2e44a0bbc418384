"""Airflow: when and in which order. Wiring only."""
