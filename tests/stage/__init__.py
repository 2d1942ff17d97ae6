"""Doubles that keep every promise of the seams they stand in for, and a stage that plays a whole desk step by step.

`databases` has empty databases of both kinds, `channel` a world outside that obeys `bot.channels.base.Channel` and can be
told how to answer each call, `drafter` a drafter that says what it is told to, `works` the program behind any channel,
`play` the program in front of that world, with its customers, colleagues and reviewers, and `inventory` what a store
holds that must not contradict itself.
Nothing here patches anything, nothing sleeps, and time moves only when a test moves it.
"""
