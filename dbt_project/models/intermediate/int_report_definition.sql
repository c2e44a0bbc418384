{#
    Definitions with the least duration and the ages of items of reports in the place of their own, where those ask for
    more. A band of durations is what has lasted as long as its beginning and not as long as its end.
#}
with

bound as (
    {% for duration in ['min_duration', 'max_duration'] %}
        select distinct
            {{ asked_definition_id('item', 'item.' ~ duration) }} as asked_id,
            item.definition_id,
            item.{{ duration }} as duration,
            item.age_min,
            item.age_max
        from {{ ref('stg_form_item') }} as item
        where
            item.definition_id is not null
            {{ 'and item.max_duration is not null' if duration == 'max_duration' }}
        {{ 'union' if not loop.last }}
    {% endfor %}
),

asked as (
    select
        bound.asked_id,
        definition.*,
        {{ duration_months('bound.duration') }} as asked_months,
        {{ duration_days('bound.duration') }} as asked_days,
        bound.age_min as asked_age_min,
        bound.age_max as asked_age_max
    from bound
    inner join {{ ref('int_counting_definition') }} as definition on bound.definition_id = definition.definition_id
),

-- a month is counted as 31 days here, only to tell which of two durations is the longer
longer as (
    select
        *,
        asked_months * 31 + asked_days > min_months * 31 + min_days as is_asked_longer
    from asked
)

select
    * exclude (asked_id, asked_months, asked_days, asked_age_min, asked_age_max, is_asked_longer)
    replace (
        asked_id as definition_id,
        case when is_asked_longer then asked_months else min_months end as min_months,
        case when is_asked_longer then asked_days else min_days end as min_days,
        greatest(asked_age_min, age_min) as age_min,
        least(asked_age_max, age_max) as age_max
    )
from longer
where asked_id != definition_id
