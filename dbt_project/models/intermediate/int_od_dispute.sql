{#
    What keeps the two sides of a cell apart, by the first rule that holds. They may agree; one side may have sent
    nothing, or not count the item while it counts another one that both have; else they differ, and then
    definition: one side's count is the other's of another duration, or they have no duration in common;
    timing: one side's count is what the other counts one return earlier or later, but not in both (then it is the other
    that stands out), or each is what the records have on the day of its return;
    place: among the places that one wider place holds, the counts of both sides have the same sum;
    missing_return: a side's returns are of a part of its place alone, or rows of them went back, and it counts less;
    unexplained: none of these.
#}
with

account as (
    select
        *,
        {% for side in ['origin', 'destination'] %}
            lag(by_{{ side }} ignore nulls) over by_period as earlier_by_{{ side }},
            lead(by_{{ side }} ignore nulls) over by_period as later_by_{{ side }},
        {% endfor %}
        bool_or(is_counted_by_origin and is_counted_by_destination) over (
            partition by period, origin_path, dest_path
        ) as have_item_in_common
    from {{ ref('int_od_account') }}
    window by_period as (partition by origin_path, dest_path, item order by period)
),

-- items that count the same people for another duration
other_item as (
    select
        item.item,
        other.item as other_item
    from {{ ref('stg_form_item') }} as item
    inner join {{ ref('stg_form_item') }} as other
        on
            item.form_id = other.form_id
            and item.direction = other.direction
            and item.range is null
            and other.range is null
            and item.sex is not distinct from other.sex
            and item.age_min is not distinct from other.age_min
            and item.age_max is not distinct from other.age_max
            and (item.min_duration, item.max_duration) is distinct from (other.min_duration, other.max_duration)
    where item.form_id = 'od_return'
),

under_other_item as (
    select distinct
        account.period,
        account.origin_path,
        account.dest_path,
        account.item
    from account
    inner join other_item on account.item = other_item.item
    inner join account as other
        on
            account.period = other.period
            and account.origin_path = other.origin_path
            and account.dest_path = other.dest_path
            and other_item.other_item = other.item
    where account.by_origin = other.by_destination or account.by_destination = other.by_origin
),

sorted as (
    select
        account.*,
        under_other_item.period is not null as is_under_other_item,
        case
            when account.by_origin = account.by_destination then 'agreed'
            {% for side in ['origin', 'destination'] %}
                when account.by_{{ side }} is null and account.{{ side }}_coverage = 'none' then 'awaited'
            {% endfor %}
            {% for side in ['origin', 'destination'] %}
                when account.by_{{ side }} is null and not account.is_counted_by_{{ side }}
                    then case when account.have_item_in_common then 'uncompared' else 'no_item_in_common' end
            {% endfor %}
            -- a cell that a return leaves out has nobody
            when coalesce(account.by_origin, 0) = coalesce(account.by_destination, 0) then 'agreed'
            else 'differs'
        end as standing
    from account
    left join under_other_item
        on
            account.period = under_other_item.period
            and account.origin_path = under_other_item.origin_path
            and account.dest_path = under_other_item.dest_path
            and account.item = under_other_item.item
),

-- places in a wider one whose counts differ, but not their sum
balanced as (
    {% for wider, same in [('origin', 'dest'), ('dest', 'origin')] %}
        select
            sorted.period,
            sorted.item,
            '{{ wider }}' as wider_end,
            sorted.{{ same }}_path as same_path,
            {{ path_to_depth('sorted.' ~ wider ~ '_path', 'depth.depth') }} as wider_path
        from sorted
        cross join {{ path_depths() }} as depth
        where sorted.standing = 'differs' and depth.depth <= {{ path_depth('sorted.' ~ wider ~ '_path') }}
        group by all
        having
            count(*) > 1
            and sum(coalesce(sorted.by_origin, 0)) = sum(coalesce(sorted.by_destination, 0))
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

split_otherwise as (
    {% for wider, same in [('origin', 'dest'), ('dest', 'origin')] %}
        select
            sorted.period,
            sorted.item,
            sorted.origin_path,
            sorted.dest_path
        from sorted
        inner join balanced
            on
                sorted.period = balanced.period
                and sorted.item = balanced.item
                and '{{ wider }}' = balanced.wider_end
                and sorted.{{ same }}_path = balanced.same_path
                and {{ path_holds('balanced.wider_path', 'sorted.' ~ wider ~ '_path') }}
        where sorted.standing = 'differs'
        {% if not loop.last %}union{% endif %}
    {% endfor %}
),

explained as (
    select
        sorted.*,
        on_origin_day.persons as records_on_origin_day,
        on_origin_day.persons_possible as possible_on_origin_day,
        on_destination_day.persons as records_on_destination_day,
        on_destination_day.persons_possible as possible_on_destination_day,
        case
            when sorted.standing = 'awaited' then 'missing_return'
            when sorted.standing = 'no_item_in_common' then 'definition'
            when sorted.standing != 'differs' then 'none'
            when sorted.is_under_other_item then 'definition'
            {% for side, other in [('origin', 'destination'), ('destination', 'origin')] %}
                when
                    (sorted.by_{{ side }} is not distinct from sorted.earlier_by_{{ other }})
                    != (sorted.by_{{ side }} is not distinct from sorted.later_by_{{ other }})
                    and sorted.by_{{ side }} is not null
                    then 'timing'
            {% endfor %}
            when
                sorted.by_origin = on_origin_day.persons and sorted.by_destination = on_destination_day.persons
                then 'timing'
            when split_otherwise.period is not null then 'place'
            {% for side, other in [('origin', 'destination'), ('destination', 'origin')] %}
                when
                    sorted.{{ side }}_coverage = 'part'
                    and coalesce(sorted.by_{{ side }}, 0) < coalesce(sorted.by_{{ other }}, 0)
                    then 'missing_return'
            {% endfor %}
            else 'unexplained'
        end as cause
    from sorted
    {% for side in ['origin', 'destination'] %}
        left join {{ ref('int_od_records') }} as on_{{ side }}_day
            on
                sorted.origin_path = on_{{ side }}_day.origin_path
                and sorted.dest_path = on_{{ side }}_day.dest_path
                and sorted.item = on_{{ side }}_day.item
                and sorted.{{ side }}_reported_on = on_{{ side }}_day.day
    {% endfor %}
    left join split_otherwise
        on
            sorted.period = split_otherwise.period
            and sorted.origin_path = split_otherwise.origin_path
            and sorted.dest_path = split_otherwise.dest_path
            and sorted.item = split_otherwise.item
)

select
    * exclude (standing),
    case
        when cause = 'missing_return' then 'awaited'
        when cause != 'none' then 'disputed'
        else standing
    end as standing
from explained
