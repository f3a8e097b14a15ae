#!/usr/bin/env python3
"""Writes stocks.csv.risk.json: what `echelon montecarlo var data/stocks.csv` should come to, by NumPy.

    python3 data/expected/make_risk.py

Of one month the figures are exact: quantile and shortfall of the past losses, or those of a normal
distribution. Of twelve months they are NumPy's own simulation, with errors beside them.
"""
import csv
import json
import pathlib
from statistics import NormalDist

import numpy as np

COURSES = 4_000_000
LEVEL = 0.95


def monthly_returns(path):
    rows = list(csv.DictReader(path.open()))
    symbols = list(dict.fromkeys(row["symbol"] for row in rows))
    price = {(row["symbol"], row["date"]): float(row["price"]) for row in rows}
    dates = [date for date in dict.fromkeys(row["date"] for row in rows)
             if all((symbol, date) in price for symbol in symbols)]
    prices = np.array([[price[symbol, date] for symbol in symbols] for date in dates])
    return prices[1:] / prices[:-1] - 1


def simulated(returns, weights, months, is_normal):
    generator = np.random.default_rng(1)
    factor = np.linalg.cholesky(np.cov(returns.T))
    growth = np.ones((COURSES, returns.shape[1]))
    for _ in range(months):
        if is_normal:
            drawn = returns.mean(0) + generator.standard_normal(growth.shape) @ factor.T
        else:
            drawn = returns[generator.integers(0, len(returns), COURSES)]
        growth *= np.maximum(0, 1 + drawn)
    losses = -(growth - 1) @ weights
    at_risk = np.quantile(losses, LEVEL)
    excess = np.maximum(losses - at_risk, 0) / (1 - LEVEL)
    half = 1.96 * np.sqrt(LEVEL * (1 - LEVEL) / COURSES)
    low, high = np.quantile(losses, [LEVEL - half, LEVEL + half])
    return {"value_at_risk": at_risk, "value_at_risk_error": (high - low) / 3.92,
            "expected_shortfall": at_risk + excess.mean(),
            "expected_shortfall_error": excess.std() / np.sqrt(COURSES),
            "mean_loss": losses.mean(), "standard_deviation": losses.std(ddof=1)}


def main():
    folder = pathlib.Path(__file__).parent
    returns = monthly_returns(folder.parent / "stocks.csv")
    weights = np.full(returns.shape[1], 1 / returns.shape[1])
    losses = -returns @ weights
    at_risk = np.quantile(losses, LEVEL, method="inverted_cdf")
    mean, deviation = losses.mean(), losses.std(ddof=1)
    normal = NormalDist()
    quantile = normal.inv_cdf(LEVEL)
    expected = {
        "historical, 1": {
            "value_at_risk": at_risk, "value_at_risk_error": 0,
            "expected_shortfall": at_risk + np.maximum(losses - at_risk, 0).mean() / (1 - LEVEL),
            "expected_shortfall_error": 0, "mean_loss": mean, "standard_deviation": losses.std()},
        "normal, 1": {
            "value_at_risk": mean + quantile * deviation, "value_at_risk_error": 0,
            "expected_shortfall": mean + deviation * normal.pdf(quantile) / (1 - LEVEL),
            "expected_shortfall_error": 0, "mean_loss": mean, "standard_deviation": deviation},
        "historical, 12": simulated(returns, weights, 12, False),
        "normal, 12": simulated(returns, weights, 12, True)}
    text = json.dumps(expected, indent=2, default=float)
    (folder / "stocks.csv.risk.json").write_text(text + "\n")


main()
